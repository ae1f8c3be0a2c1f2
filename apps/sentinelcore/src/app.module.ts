import { Module } from '@nestjs/common';
import { AwaitedDecisions } from './defence/awaited-decisions.js';
import { DecisionPublisher } from './defence/decision.publisher.js';
import { DefendController } from './defence/defend.controller.js';
import { DefendHandler } from './defence/defend.handler.js';
import { RuleBook } from './detection/rule-book.js';
import { RulesController } from './detection/rules.controller.js';
import { FleetView } from './inventory/fleet-view.js';
import { InventoryFollower } from './inventory/inventory.follower.js';

/** Wiring, nothing else. */
@Module({
  controllers: [DefendController, DefendHandler, RulesController],
  providers: [RuleBook, FleetView, InventoryFollower, AwaitedDecisions, DecisionPublisher],
})
export class AppModule {}

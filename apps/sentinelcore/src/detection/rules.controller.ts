import { Controller, Get, Inject } from '@nestjs/common';
import { RequireScope } from '@sentinel-forge/chassis';
import { type Nothing, requests } from '@sentinel-forge/contracts';
import { OnRequest } from '@sentinel-forge/messaging';
import { RuleBook } from './rule-book.js';

/** Shows the rules in force, over HTTP and over `forge.rpc`. */
@Controller()
export class RulesController {
  constructor(@Inject(RuleBook) private readonly book: RuleBook) {}

  @Get('rules')
  @RequireScope('rules:read')
  list(): object {
    const { version, rules, allow } = this.book.current;
    const counts = this.book.counters.snapshot(rules);
    return {
      version,
      rules: rules.map((rule) => ({ ...rule, matches: counts.get(rule.id) ?? 0 })),
      allow,
    };
  }

  @OnRequest(requests.listRules)
  async answer(_body: Nothing): Promise<object> {
    return this.list();
  }
}

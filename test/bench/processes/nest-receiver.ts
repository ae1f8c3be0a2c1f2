// Nest's own NATS transport, used as its documentation shows: core NATS, nothing is acknowledged, nothing survives a restart.
// One argument: the JSON of ReceiverOptions. Prints the rate when everything has come.
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import 'reflect-metadata';
import { ReceivedRate } from './received-rate.js';

const rate = ReceivedRate.fromArguments();

class TelemetryController {
  receive(event: { readonly severity?: number }): void {
    rate.count(event.severity ?? 0);
  }
}
EventPattern('peer.>')(TelemetryController.prototype, 'receive', descriptorOf(TelemetryController, 'receive'));
Controller()(TelemetryController);

class PeerModule {}
Module({ controllers: [TelemetryController] })(PeerModule);

const service = await NestFactory.createMicroservice<MicroserviceOptions>(PeerModule, {
  transport: Transport.NATS,
  options: { servers: [rate.options.url] },
  logger: ['error'],
});
await service.listen();
rate.ready();

function descriptorOf(type: { readonly prototype: object }, method: string): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(type.prototype, method) ?? {};
}

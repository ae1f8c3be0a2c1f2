import { Controller, Get, Header, Inject } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Public } from '../auth/auth.guard.js';

/** `GET /metrics`, in the text format of Prometheus. */
@Controller()
export class MetricsController {
  #hasDefaults = false;

  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Public()
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    // The process' own figures cost timers and observers: they begin when somebody first looks.
    if (!this.#hasDefaults) {
      this.#hasDefaults = true;
      collectDefaultMetrics({ register: this.registry });
    }
    return this.registry.metrics();
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { Readiness } from './readiness.js';

/** What `/ready` says, as figures. */
@Injectable()
export class ReadinessMetrics {
  constructor(@Inject(Readiness) readiness: Readiness, @Inject(Registry) registry: Registry) {
    new Gauge({
      name: 'forge_dependency_up',
      help: '1 for what a service needs and has, 0 for what is missing; /ready tells why',
      labelNames: ['dependency'],
      registers: [registry],
      collect() {
        for (const { name, isUp } of readiness.report().dependencies) {
          this.set({ dependency: name }, isUp ? 1 : 0);
        }
      },
    });
  }
}

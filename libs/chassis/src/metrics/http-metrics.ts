import { Inject, Injectable } from '@nestjs/common';
import { Histogram, Registry } from 'prom-client';

/** How long HTTP answers take, by route. */
@Injectable()
export class HttpMetrics {
  readonly #duration: Histogram<'method' | 'route' | 'status'>;

  constructor(@Inject(Registry) registry: Registry) {
    this.#duration = new Histogram({
      name: 'forge_http_request_duration_seconds',
      help: 'How long HTTP requests take to answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5],
      registers: [registry],
    });
  }

  observe(method: string, route: string, status: number, elapsedMs: number): void {
    this.#duration.observe({ method, route, status: String(status) }, elapsedMs / 1000);
  }
}

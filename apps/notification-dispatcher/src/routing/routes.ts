import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { ForgeError, messageOf } from '@sentinel-forge/contracts';
import { Channels } from '../channels/channels.js';
import { DispatcherSettings } from '../config.js';
import type { Target } from '../notices/notice.js';
import type { RoutingTable } from './route.js';
import { parseRoutes } from './routes.file.js';
import { compileRoutes, type Router } from './routing.service.js';

/** Who hears what, as the file of routes says. Throws `FORGE_NOTIFY_ROUTES` for one that is wrong: the service does not start. */
@Injectable()
export class Routes {
  readonly table: RoutingTable;
  readonly router: Router;

  constructor(@Inject(DispatcherSettings) { routesPath }: DispatcherSettings, @Inject(Channels) channels: Channels) {
    this.table = parseRoutes(routesPath, readRoutes(routesPath), (channel, to) => channels.check(channel, to));
    this.router = compileRoutes(this.table);
  }

  /** Everybody whom the file names by address. */
  get named(): readonly Target[] {
    return Object.values(this.table.recipients).flatMap((group) =>
      Object.entries(group).flatMap(([channel, addresses]) =>
        addresses.map((to) => ({ channel: channel as Target['channel'], to })),
      ),
    );
  }
}

function readRoutes(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ForgeError('FORGE_NOTIFY_ROUTES', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

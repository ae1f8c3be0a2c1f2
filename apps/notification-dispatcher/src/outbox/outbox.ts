import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { MeshSettings, Readiness } from '@sentinel-forge/chassis';
import { dataDirectoryOf } from '../config.js';
import { OutboxDatabase } from './outbox.database.js';
import { OutboxHistory } from './outbox.history.js';
import { OutboxStore } from './outbox.store.js';

/** What was stored so shortly before the outbox was made is still news. */
const firstStartGraceMs = 10 * 60_000;

/** The outbox of this service, open for as long as it runs. Throws `FORGE_NOTIFY_OUTBOX` where it cannot be: there is no start. */
@Injectable()
export class Outbox implements OnApplicationShutdown {
  readonly database: OutboxDatabase;
  readonly store: OutboxStore;
  readonly history: OutboxHistory;

  constructor(@Inject(MeshSettings) mesh: MeshSettings, @Inject(Readiness) readiness: Readiness) {
    this.database = new OutboxDatabase(join(dataDirectoryOf(mesh), 'outbox.sqlite'));
    this.store = new OutboxStore(this.database);
    this.history = new OutboxHistory(this.database);
    readiness.add('outbox', () => {
      const { problem } = this.database;
      return problem === undefined ? { isUp: true } : { isUp: false, reason: `it cannot be written: ${problem}` };
    });
  }

  /**
   * What the streams stored before this is history to this outbox. A dispatcher that starts for the first time reads streams
   * from their beginning, which may be 90 days ago; one that was away for a week still tells the whole week.
   */
  get tellSinceMs(): number {
    // A clock that was ahead when the outbox was made, and was set back, must not make history of what happens now.
    return Math.min(this.database.createdAtMs, Date.now()) - firstStartGraceMs;
  }

  // After the last handler: the consumers are drained by now.
  onApplicationShutdown(): void {
    this.database.close();
  }
}

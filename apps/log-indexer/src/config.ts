import { integer, Setting } from '@sentinel-forge/chassis';

/** What log-indexer can be told. */
export class LogIndexerSettings {
  @Setting({
    env: 'LOG_ROTATE_ENTRIES',
    type: integer(1, 10_000_000),
    default: 10_000,
    summary: 'After how many entries a segment of the record is sealed and its hash printed',
  })
  readonly rotateEntries!: number;

  @Setting({
    env: 'LOG_VERIFY_INTERVAL_SECONDS',
    type: integer(1, 7 * 24 * 60 * 60),
    default: 600,
    summary: 'How often the whole record is verified in the background',
  })
  readonly verifyIntervalSeconds!: number;
}

import { type AppName, Log, type LogFields, type LogLevel } from '@sentinel-forge/contracts';
import {
  EventPublisher,
  MeshConnection,
  type MessagingOptions,
  type NatsCredentials,
  RecordStores,
} from '@sentinel-forge/messaging';

/** One record of a {@link RecordedLog}. */
export interface LoggedRecord {
  readonly level: LogLevel;
  readonly evt: string;
  readonly fields: LogFields;
}

/** A log that keeps what it is told. */
export class RecordedLog extends Log {
  readonly records: LoggedRecord[] = [];

  override write(level: LogLevel, evt: string, fields: LogFields = {}): void {
    this.records.push({ level, evt, fields });
  }

  /** The records of one name. */
  of(evt: string): readonly LoggedRecord[] {
    return this.records.filter((record) => record.evt === evt);
  }
}

/** What a service speaks to the mesh with, without the service around it. */
export class MeshParts implements AsyncDisposable {
  readonly log = new RecordedLog();
  readonly connection: MeshConnection;
  readonly publisher: EventPublisher;
  readonly stores: RecordStores;

  /** Starts to connect; the server need not be there yet. */
  constructor(url: string, app: AppName = 'supervisor', credentials: NatsCredentials = {}) {
    const options: MessagingOptions = { app, version: '0.0.0-test', host: 'test-host', servers: [url], credentials };
    this.connection = new MeshConnection(options, this.log);
    this.publisher = new EventPublisher(this.connection, options);
    this.stores = new RecordStores(this.connection, this.log);
    this.connection.onModuleInit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}

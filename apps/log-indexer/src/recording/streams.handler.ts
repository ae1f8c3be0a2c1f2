import { Controller, Inject } from '@nestjs/common';
import { type StoredMessage, streamNames } from '@sentinel-forge/contracts';
import { OnStreams } from '@sentinel-forge/messaging';
import { RecordKeeper } from './record.keeper.js';

/** Records every message of every stream. */
@Controller()
export class StreamsHandler {
  constructor(@Inject(RecordKeeper) private readonly keeper: RecordKeeper) {}

  @OnStreams(streamNames)
  async record(messages: readonly StoredMessage[]): Promise<void> {
    await this.keeper.record(messages);
  }
}

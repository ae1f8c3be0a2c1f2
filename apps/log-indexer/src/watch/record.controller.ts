import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { RequireScope } from '@sentinel-forge/chassis';
import { RecordKeeper } from '../recording/record.keeper.js';
import { RecordWatch } from './record-watch.js';

/** `GET /record` and `POST /record/verify`. */
@Controller('record')
export class RecordController {
  constructor(
    @Inject(RecordKeeper) private readonly keeper: RecordKeeper,
    @Inject(RecordWatch) private readonly watch: RecordWatch,
  ) {}

  /** How long the record is, its last hash, how far each stream is recorded, and what the last verification found. */
  @Get()
  @RequireScope('record:read')
  state(): object {
    const { end, cursors } = this.keeper.writer;
    return { ...end, cursors, directory: this.keeper.directory, verification: this.watch.last ?? null };
  }

  /** Verifies the whole record now. */
  @Post('verify')
  @HttpCode(200)
  @RequireScope('record:read')
  async verify(): Promise<object> {
    return this.watch.verify();
  }
}

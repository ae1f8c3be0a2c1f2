import { Controller, Get, Inject } from '@nestjs/common';
import { RequireScope } from '@sentinel-forge/chassis';
import { Circuits } from '../outbox/circuits.js';
import { Channels, channelDescriptions } from './channels.js';

/** Shows the ways to reach people. */
@Controller()
export class ChannelsController {
  constructor(
    @Inject(Channels) private readonly channels: Channels,
    @Inject(Circuits) private readonly circuits: Circuits,
  ) {}

  /** What each channel says of itself, whether it is set up and for whom, and what of it is out of order. */
  @Get('channels')
  @RequireScope('notify:read')
  list(): object {
    return {
      channels: channelDescriptions.map(({ name, recipient, ...description }) => {
        const channel = this.channels.byName.get(name);
        return {
          name,
          isSetUp: channel !== undefined,
          tells: channel?.recipients().map(({ label }) => label) ?? [],
          outOfOrder: this.circuits.outOfOrder(name),
          to: recipient,
          ...description,
        };
      }),
    };
  }
}

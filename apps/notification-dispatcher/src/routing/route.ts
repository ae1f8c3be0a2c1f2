import type { ChannelName } from '@sentinel-forge/contracts';

/** One line of "who hears what": all conditions must hold. */
export interface Route {
  readonly name: string;
  /** Subjects, with the wildcards of NATS. */
  readonly on: readonly string[];
  /** The least severity of the notice. */
  readonly severity: number;
  /**
   * What the event must say, by the name of a parameter of its subject (`app`, `host`, `state`, …) or the path of a field in
   * its data (`target.name`, `detail.labels.tier`). One of the patterns must match; `*` stands for anything.
   */
  readonly where: Readonly<Record<string, readonly string[]>>;
  readonly channels: readonly ChannelName[];
  /** Groups of recipients; without any, whom the channels are set up for. */
  readonly to: readonly string[];
}

/** A named group: its addresses on each channel. */
export type RecipientGroup = Readonly<Partial<Record<ChannelName, readonly string[]>>>;

/** A whole file of routes. */
export interface RoutingTable {
  readonly recipients: Readonly<Record<string, RecipientGroup>>;
  readonly routes: readonly Route[];
}

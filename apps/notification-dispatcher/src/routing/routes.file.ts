import { type ChannelName, channelNames, consumers, ForgeError, messageOf } from '@sentinel-forge/contracts';
import { isScalar, type Node } from 'yaml';
import type { RecipientGroup, Route, RoutingTable } from './route.js';
import { YamlReader } from './yaml-reader.js';

/** Throws {@link ForgeError} for an address that a channel could never deliver to. */
export type CheckRecipient = (channel: ChannelName, to: string) => void;

/**
 * Reads a file of routes. Throws `FORGE_NOTIFY_ROUTES` that names everything that is wrong, with its place; the problems stand
 * in `details.problems`, see `FileProblem`.
 */
export function parseRoutes(
  file: string,
  text: string,
  checkRecipient: CheckRecipient = () => undefined,
): RoutingTable {
  const yaml = new YamlReader(file, text);
  const table =
    yaml.problems.length === 0 ? new RoutesReader(yaml, checkRecipient).table() : { recipients: {}, routes: [] };
  const { problems } = yaml;
  if (problems.length > 0) {
    const list = problems.map(({ place, field, reason, mend }) => `${place}: ${field}: ${reason}. ${mend}`).join('\n');
    throw new ForgeError('FORGE_NOTIFY_ROUTES', list, { details: { problems } });
  }
  return table;
}

/** What notification-dispatcher hears at all. */
const heard = consumers.filter(({ app }) => app === 'notification-dispatcher').flatMap(({ filters }) => filters);

/** Words parted by dots, with the wildcards of NATS. */
const subjectFilter = /^(?:[A-Za-z0-9_-]+\.|\*\.)*(?:[A-Za-z0-9_-]+|\*|>)$/;

class RoutesReader {
  readonly #names = new Set<string>();

  constructor(
    private readonly yaml: YamlReader,
    private readonly checkRecipient: CheckRecipient,
  ) {}

  table(): RoutingTable {
    const fields = this.yaml.fields(this.yaml.root, 'the file', ['version', 'recipients', 'routes']);
    const version = fields.get('version');
    if (!isScalar(version) || version.value !== 1) {
      this.yaml.complain(version, 'version', 'is not 1', 'Write `version: 1`.');
    }
    const recipients = this.#recipients(fields.get('recipients'));
    const routes = this.yaml.items(fields.get('routes'), 'routes');
    return { recipients, routes: routes.map((node, index) => this.#route(node, `routes[${index}]`, recipients)) };
  }

  #recipients(node: Node | undefined): Record<string, RecipientGroup> {
    const groups = [...(node === undefined ? [] : this.yaml.fields(node, 'recipients'))].map(([name, group]) => {
      const field = `recipients.${name}`;
      const channels = [...this.yaml.fields(group, field, channelNames)] as [ChannelName, Node][];
      return [
        name,
        Object.fromEntries(channels.map(([channel, list]) => [channel, this.#addresses(channel, list, field)])),
      ];
    });
    return Object.fromEntries(groups);
  }

  #addresses(channel: ChannelName, node: Node, group: string): readonly string[] {
    const field = `${group}.${channel}`;
    return this.yaml.texts(node, field).map(([text, at]) => {
      try {
        this.checkRecipient(channel, text);
      } catch (error) {
        this.yaml.complain(at, field, messageOf(error), 'Correct the address.');
      }
      return text;
    });
  }

  #route(node: Node, field: string, recipients: RoutingTable['recipients']): Route {
    const fields = this.yaml.fields(node, field, ['name', 'on', 'severity', 'where', 'channels', 'to']);
    for (const required of ['name', 'on', 'channels'].filter((key) => !fields.has(key))) {
      this.yaml.complain(node, `${field}.${required}`, 'is missing', `Every route has a \`${required}\`.`);
    }
    const channels = this.#channels(fields.get('channels'), `${field}.channels`);
    return {
      name: this.#name(fields.get('name'), `${field}.name`),
      on: this.yaml.texts(fields.get('on'), `${field}.on`).map(([text, at]) => this.#subject(text, at, `${field}.on`)),
      severity: this.#severity(fields.get('severity'), `${field}.severity`),
      where: this.#where(fields.get('where'), `${field}.where`),
      channels,
      to: this.#groups(fields.get('to'), `${field}.to`, channels, recipients),
    };
  }

  #name(node: Node | undefined, field: string): string {
    const [name, at] = this.yaml.texts(node, field)[0] ?? ['', undefined];
    if (this.#names.has(name)) {
      this.yaml.complain(at, field, `"${name}" is taken by another route`, 'Give each route a name of its own.');
    }
    this.#names.add(name);
    return name;
  }

  #subject(text: string, at: Node, field: string): string {
    if (!subjectFilter.test(text)) {
      const mend = 'Subjects are words parted by dots; `*` is any word, a last `>` any rest.';
      this.yaml.complain(at, field, `"${text}" is no subject`, mend);
    } else if (!heard.some((filter) => canMeet(text.split('.'), filter.split('.')))) {
      const mend = `notification-dispatcher hears ${heard.join(', ')}.`;
      this.yaml.complain(at, field, `nothing is ever heard on "${text}"`, mend);
    }
    return text;
  }

  #severity(node: Node | undefined, field: string): number {
    const value = node === undefined ? 0 : isScalar(node) ? node.value : undefined;
    if (typeof value !== 'number' || value < 0 || value > 10) {
      this.yaml.complain(
        node,
        field,
        'is not a number from 0 to 10',
        'A route takes notices of at least this severity.',
      );
      return 0;
    }
    return value;
  }

  #where(node: Node | undefined, field: string): Route['where'] {
    const conditions = [...(node === undefined ? [] : this.yaml.fields(node, field))];
    return Object.fromEntries(
      conditions.map(([key, patterns]) => [key, this.yaml.texts(patterns, `${field}.${key}`).map(([text]) => text)]),
    );
  }

  #channels(node: Node | undefined, field: string): readonly ChannelName[] {
    return this.yaml.texts(node, field).flatMap(([text, at]) => {
      const channel = channelNames.find((name) => name === text);
      if (channel === undefined) {
        this.yaml.complain(at, field, `there is no channel "${text}"`, `Channels are ${channelNames.join(', ')}.`);
      }
      return channel === undefined ? [] : [channel];
    });
  }

  #groups(
    node: Node | undefined,
    field: string,
    channels: readonly ChannelName[],
    recipients: RoutingTable['recipients'],
  ): readonly string[] {
    const named = this.yaml.texts(node, field);
    const unknown = named.filter(([name]) => !Object.hasOwn(recipients, name));
    for (const [name, at] of unknown) {
      const mend = 'Name them under `recipients`, or leave `to` out.';
      this.yaml.complain(at, field, `there are no recipients "${name}"`, mend);
    }
    const names = named.map(([name]) => name);
    const hasNobody = (channel: ChannelName): boolean =>
      !names.some((name) => (recipients[name]?.[channel] ?? []).length > 0);
    for (const channel of names.length === 0 || unknown.length > 0 ? [] : channels.filter(hasNobody)) {
      const mend = `Add ${channel} addresses to one of them, or leave the channel out.`;
      this.yaml.complain(node, field, `nobody here has an address on ${channel}`, mend);
    }
    return names;
  }
}

/** Whether some subject falls under both filters. */
function canMeet([first, ...rest]: readonly string[], [other, ...others]: readonly string[]): boolean {
  if (first === undefined || other === undefined) {
    return first === other;
  }
  if (first === '>' || other === '>') {
    return true;
  }
  return (first === other || first === '*' || other === '*') && canMeet(rest, others);
}

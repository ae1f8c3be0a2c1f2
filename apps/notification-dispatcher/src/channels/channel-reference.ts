import { jsonBlock, markdownCode, markdownPage, markdownTable } from '@sentinel-forge/contracts';
import type { ChannelDescription, ChannelParameter } from './channel.port.js';

/** `docs/reference/channels.md`: every channel, from what it says of itself. */
export function channelReference(channels: readonly ChannelDescription[]): string {
  return markdownPage('Channels', 'the channels of apps/notification-dispatcher', channels.flatMap(section));
}

function section(channel: ChannelDescription): readonly string[] {
  return [
    `## ${channel.name}`,
    channel.summary,
    `**Recipient** (\`to\`): ${channel.recipient}`,
    markdownTable(['setting', 'meaning', 'default'], channel.parameters.map(row)),
    channel.limits.map((limit) => `- ${limit}`).join('\n'),
    jsonBlock(channel.example),
  ];
}

function row({ name, summary, isRequired, isSecret, byDefault = '' }: ChannelParameter): readonly string[] {
  const marks = [isRequired ? 'required' : undefined, isSecret === true ? 'secret' : undefined].filter(Boolean);
  const meaning = marks.length === 0 ? summary : `${summary} (${marks.join(', ')})`;
  return [markdownCode(name), meaning, markdownCode(byDefault)];
}

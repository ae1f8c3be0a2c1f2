import type { ChannelDescription, ChannelParameter } from './channel.port.js';

/** The reference page of the channels, in Markdown, from what they say of themselves. */
export function channelReference(channels: readonly ChannelDescription[]): string {
  return ['# Channels', ...channels.map(section)].join('\n\n').concat('\n');
}

function section(channel: ChannelDescription): string {
  return [
    `## ${channel.name}`,
    channel.summary,
    `**Recipient** (\`to\`): ${channel.recipient}`,
    ['| setting | meaning | default |', '|---|---|---|', ...channel.parameters.map(row)].join('\n'),
    channel.limits.map((limit) => `- ${limit}`).join('\n'),
    ['```json', JSON.stringify(channel.example, undefined, 2), '```'].join('\n'),
  ].join('\n\n');
}

function row({ name, summary, isRequired, isSecret, byDefault }: ChannelParameter): string {
  const marks = [isRequired ? 'required' : undefined, isSecret === true ? 'secret' : undefined].filter(Boolean);
  const meaning = marks.length === 0 ? summary : `${summary} (${marks.join(', ')})`;
  return `| \`${name}\` | ${meaning.replaceAll('|', '\\|')} | ${byDefault === undefined ? '' : `\`${byDefault}\``} |`;
}

/** A mail as the server took it. */
export interface ReceivedMail {
  /** The envelope: who it really came from and went to, whatever the headers say. */
  readonly from: string;
  readonly to: readonly string[];
  /** Byte for byte. */
  readonly raw: string;
  /** Unfolded; names in lower case; every value in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** What follows the headers, transfer encoding as it is. */
  readonly body: string;
  /** The first value of a header, empty without one. */
  header(name: string): string;
}

/** Takes a raw mail apart (RFC 5322, section 2.2). */
export function parseMail(from: string, to: readonly string[], raw: string): ReceivedMail {
  const end = raw.indexOf('\r\n\r\n');
  const head = end < 0 ? raw : raw.slice(0, end);
  const headers = new Map<string, string[]>();
  for (const line of head.replaceAll(/\r\n(?=[ \t])/g, '').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return {
    from,
    to,
    raw,
    headers,
    body: end < 0 ? '' : raw.slice(end + 4),
    header: (name) => headers.get(name.toLowerCase())?.[0] ?? '',
  };
}

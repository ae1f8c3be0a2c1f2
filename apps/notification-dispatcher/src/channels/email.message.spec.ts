import fc from 'fast-check';
import type { OutboundMessage } from './channel.port.js';
import { mailFor } from './email.message.js';

const message: OutboundMessage = {
  id: 'n-1',
  kind: 'notice',
  title: 'Quarantined web-1',
  body: 'Because.',
  severity: 9,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  occurredAtMs: Date.parse('2026-01-01T00:00:00Z'),
  data: { container: 'web-1' },
};

describe('the mail for a message', () => {
  it('is the same in every try', () => {
    expect(mailFor(message, 'forge@example.org')).toEqual(mailFor({ ...message }, 'forge@example.org'));
  });

  it('carries the idempotency id and the trace', () => {
    const mail = mailFor(message, 'forge@example.org');
    expect(mail.messageId).toBe('<n-1@example.org>');
    expect(mail.headers).toMatchObject({ 'X-Idempotency-Key': 'n-1', 'X-Trace-Id': message.traceId });
    expect(mail.references).toContain(message.traceId);
  });

  it('never lets a title become markup or a second line of a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (title, body) => {
        const { subject, html } = mailFor(
          { ...message, title: `${title}\r\nBcc: x\r\n<script>`, body: `<img ${body}>` },
          'a@b.c',
        );
        expect(subject).not.toMatch(/[\r\n\0\u2028]/);
        expect(html).not.toMatch(/<script|<img/i);
      }),
    );
  });

  it('says in a word how much it matters', () => {
    const words = [0, 3, 5, 7, 9, 10].map(
      (severity) => mailFor({ ...message, severity }, 'a@b.c').subject.split(']')[0],
    );
    expect(words).toEqual(['[info', '[low', '[medium', '[high', '[critical', '[critical']);
  });
});

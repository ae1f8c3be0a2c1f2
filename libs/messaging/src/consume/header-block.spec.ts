import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import { headers } from '@nats-io/transport-node';
import fc from 'fast-check';
import { HeaderBlock } from './header-block.js';

const blockOf = (text: string): HeaderBlock => new HeaderBlock(Buffer.from(text));

describe('the headers of a message', () => {
  it('read as the client library reads them', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
    const value = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), name, (pairs, absent) => {
        const made = headers() as MsgHdrsImpl;
        for (const [key, text] of pairs) {
          made.append(key, text);
        }
        const bytes = made.encode();
        const block = new HeaderBlock(bytes);
        const theirs = MsgHdrsImpl.decode(bytes);
        expect(block.entries()).toEqual(Object.fromEntries(theirs));
        for (const key of [...theirs.keys(), absent]) {
          expect(block.get(key)).toBe(theirs.get(key));
        }
      }),
    );
  });

  it('are told apart by case, and never found inside a value or another name', () => {
    const block = blockOf(
      'NATS/1.0\r\nx-ce-id: no\r\nnote: ce-id: no\r\nCE-ID: no\r\nce-id: yes\r\nce-id: later\r\n\r\n',
    );
    expect(block.get('ce-id')).toBe('yes');
    expect(blockOf('NATS/1.0\r\nnote: ce-id: no\r\n\r\n').get('ce-id')).toBe('');
  });

  it('may be anything that somebody sent', () => {
    const block = blockOf('NATS/1.0\r\nbad name: a\nb\r\n: nameless\r\nno colon\r\n__proto__: p\r\nlast: cut off');
    expect(block.get('bad name')).toBe('a\nb');
    expect(block.get('last')).toBe('cut off');
    expect(Object.keys(block.entries())).toEqual(['bad name', '', '__proto__', 'last']);
  });
});

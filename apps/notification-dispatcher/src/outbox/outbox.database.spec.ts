import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OutboxDatabase } from './outbox.database.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forge-outbox-'));
  file = join(folder, 'outbox.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

function change(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe('an outbox of a newer version', () => {
  it('is refused with the file, both formats and the mend, and not a byte of it is changed', async () => {
    new OutboxDatabase(file).close();
    change('ALTER TABLE notices ADD COLUMN colour TEXT; PRAGMA user_version = 7');
    const before = await readFile(file);
    expect(() => new OutboxDatabase(file)).toThrow(
      expect.objectContaining({
        code: 'FORGE_DATA_NEWER',
        message: expect.stringMatching(
          new RegExp(`^${file} .*is 7, .*understands 1\\b.*Start the newer version.*restore the backup`),
        ),
      }),
    );
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it('is let go of, so that the newer version can be started again', () => {
    new OutboxDatabase(file).close();
    change('PRAGMA user_version = 7');
    expect(() => new OutboxDatabase(file)).toThrow('newer version');
    change('PRAGMA user_version = 1');
    new OutboxDatabase(file).close();
  });
});

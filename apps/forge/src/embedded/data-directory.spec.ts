import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory } from './data-directory.js';

let directory: DataDirectory;

beforeEach(async () => {
  directory = new DataDirectory(await mkdtemp(join(tmpdir(), 'forge-data-')));
});
afterEach(() => rm(directory.path, { recursive: true }));

describe('the secrets of a data directory', () => {
  it('are made once, say their version, and are the same ever after', async () => {
    const secrets = directory.secrets();
    expect(directory.secrets()).toMatchObject(secrets);
    expect(JSON.parse(await readFile(join(directory.path, 'secrets.json'), 'utf8'))).toMatchObject({ version: 1 });
  });

  it('are read as the first version wrote them, without saying which it is', async () => {
    const old = { jwtSecret: 'a', jetstreamKey: 'b', meshPassword: 'c', operatorPassword: 'd' };
    await writeFile(join(directory.path, 'secrets.json'), JSON.stringify(old));
    expect(directory.secrets()).toEqual(old);
  });

  it('are refused when a newer version wrote them, and neither replaced nor changed', async () => {
    const file = join(directory.path, 'secrets.json');
    await writeFile(file, '{"version":2,"keys":["x"]}');
    const refused = expect.objectContaining({
      code: 'FORGE_DATA_NEWER',
      message: expect.stringMatching(`^${file} .*is 2, .*understands 1\\b.*restore the backup`),
    });
    expect(() => directory.secrets()).toThrow(refused);
    expect(() => directory.findSecrets()).toThrow(refused);
    expect(await readFile(file, 'utf8')).toBe('{"version":2,"keys":["x"]}');
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRuleFiles } from './rule-files.store.js';

describe('readRuleFiles', () => {
  let directory = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rules-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it('reads every YAML file of a directory in the order of names, and nothing else', async () => {
    await mkdir(join(directory, 'more'));
    for (const name of ['b.yml', 'a.yaml', '.hidden.yaml', 'README.md', 'more/c.yaml']) {
      await writeFile(join(directory, name), `# ${name}`);
    }
    expect(await readRuleFiles(directory)).toEqual([
      { file: join(directory, 'a.yaml'), text: '# a.yaml' },
      { file: join(directory, 'b.yml'), text: '# b.yml' },
    ]);
  });

  it('reads one file by its name', async () => {
    const file = join(directory, 'own.rules');
    await writeFile(file, 'rules: []');
    expect(await readRuleFiles(file)).toEqual([{ file, text: 'rules: []' }]);
  });

  it('says so when there is nothing to read', async () => {
    await expect(readRuleFiles(directory)).rejects.toThrow('holds 0 *.yaml files');
    await expect(readRuleFiles(join(directory, 'missing'))).rejects.toThrow(/missing cannot be read/);
  });

  it('does not take in a file that is too large', async () => {
    await writeFile(join(directory, 'large.yaml'), 'x'.repeat(600_000));
    await expect(readRuleFiles(directory)).rejects.toThrow('more than 512 KiB');
  });
});

import { fieldReader, problemOfField, type TelemetryEvent } from './field.js';

const event: TelemetryEvent = {
  id: '1',
  subject: 'defend.auth.ssh',
  params: { signal: 'auth.ssh' },
  data: {
    source: 'web',
    severity: 3,
    target: { container: 'db' },
    attributes: {
      port: 22,
      'process.name': 'flat',
      process: { name: 'nested', id: 7 },
      list: [{ name: 'x' }],
      text: 'abc',
      nothing: null,
    },
  },
};

describe('a field', () => {
  it.each([
    ['signal', 'auth.ssh'],
    ['category', 'auth'],
    ['source', 'web'],
    ['severity', 3],
    ['summary', undefined],
    ['target.container', 'db'],
    ['target.user', undefined],
    ['attributes.port', 22],
    ['attributes.process.name', 'flat'],
    ['attributes.process.id', 7],
    ['attributes.process.id.more', undefined],
    ['attributes.list.length', undefined],
    ['attributes.list.name', undefined],
    ['attributes.text.length', undefined],
    ['attributes.nothing', undefined],
    ['attributes.nothing.more', undefined],
  ])('%s reads what the producer sent there', (path, value) => {
    expect(problemOfField(path)).toBeUndefined();
    expect(fieldReader(path)(event)).toEqual(value);
  });

  it('is absent where there are no attributes and no target', () => {
    const bare: TelemetryEvent = { id: '1', subject: 'defend.x', params: { signal: 'x' }, data: { source: 'web' } };
    for (const path of ['attributes.a', 'attributes.a.b', 'target.host']) {
      expect(fieldReader(path)(bare)).toBeUndefined();
    }
    expect(fieldReader('category')(bare)).toBe('x');
  });

  it.each([
    '',
    'target',
    'target.name',
    'toString',
    'constructor',
    'attributes',
    'attributes.',
    'attributes.a..b',
    'data.x',
  ])('is refused as "%s"', (path) => {
    expect(problemOfField(path)?.reason).toBeDefined();
  });

  it.each(['attributes.constructor.name', 'attributes.__proto__', 'attributes.a.toString'])(
    'that every object inherits is refused: %s',
    (path) => {
      expect(problemOfField(path)?.reason).toContain('property of every object');
    },
  );
});

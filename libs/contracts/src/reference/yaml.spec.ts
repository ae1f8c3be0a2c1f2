import { toYaml } from './yaml.js';

it('writes blocks, and quotes every text so that no word is taken for anything else', () => {
  const value = { no: 'yes', list: ['1.0', { a: null, 'b c': [] }, [1, true]], empty: {}, text: 'a: "b"\n# c' };
  expect(toYaml(value)).toBe(
    [
      '"no": "yes"',
      'list:',
      '  - "1.0"',
      '  -',
      '    a: null',
      '    "b c": []',
      '  -',
      '    - 1',
      '    - true',
      'empty: {}',
      'text: "a: \\"b\\"\\n# c"',
      '',
    ].join('\n'),
  );
});

it('writes a value that is no block on one line', () => {
  expect(toYaml('x')).toBe('"x"\n');
  expect(toYaml([])).toBe('[]\n');
});

import { Setting } from './setting.decorator.js';
import { integer, list, text } from './setting-types.js';
import { renderSettingsReference, renderSettingsTable } from './settings-reference.js';

class ShopSettings {
  @Setting({ env: 'SHOP_LIMIT', type: integer(1, 9), default: 5, summary: 'How many | at once' })
  readonly limit!: number;

  @Setting({ env: 'SHOP_NAMES', type: list(), default: ['a', 'b'], summary: 'Who' })
  readonly names!: readonly string[];

  @Setting({ env: 'SHOP_PASSWORD', type: text(), isSecret: true, summary: 'The till' })
  readonly password!: string;

  @Setting({
    env: 'SHOP_HOST',
    type: text(),
    default: () => 'computed',
    defaultDescription: 'this machine',
    summary: 'Where',
  })
  readonly host!: string;

  @Setting({ env: 'SHOP_NOTE', type: text(), isOptional: true, summary: 'A note' })
  readonly note?: string;
}

const groups = [{ title: 'Shop', settingsClasses: [ShopSettings] }];

it('shows of every setting its default or that it is required, what it may be, and that it is a secret', () => {
  expect(renderSettingsReference(groups).split('\n').slice(-6, -1)).toEqual([
    '| `SHOP_LIMIT` | `5` | a whole number from 1 to 9 | How many \\| at once. |',
    '| `SHOP_NAMES` | `a,b` | a list parted by commas | Who. |',
    '| `SHOP_PASSWORD` | **required** | text | **Secret.** The till. |',
    '| `SHOP_HOST` | this machine | text | Where. |',
    '| `SHOP_NOTE` |  | text | A note. |',
  ]);
});

it('is the same on every machine: a default that is computed must say what it is', () => {
  class Careless {
    @Setting({ env: 'SHOP_HOST', type: text(), default: () => 'computed', summary: 'Where' })
    readonly host!: string;
  }
  expect(() => renderSettingsReference([{ title: 'Shop', settingsClasses: [Careless] }])).toThrow('SHOP_HOST');
});

it('shows a chosen few in the order that is asked for, and knows of none that no class declares', () => {
  expect(renderSettingsTable(groups, ['SHOP_NOTE', 'SHOP_LIMIT']).match(/SHOP_\w+/g)).toEqual([
    'SHOP_NOTE',
    'SHOP_LIMIT',
  ]);
  expect(() => renderSettingsTable(groups, ['SHOP_GONE'])).toThrow('SHOP_GONE');
});

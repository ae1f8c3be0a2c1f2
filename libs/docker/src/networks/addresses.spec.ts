import { isInside } from './addresses.js';

describe('isInside', () => {
  it.each([
    ['10.1.2.3', ['10.1.2.0/24'], true],
    ['10.1.3.3', ['10.1.2.0/24'], false],
    ['10.1.3.3', ['10.1.2.0/24', '10.1.3.0/24'], true],
    ['fd00::5', ['10.1.2.0/24', 'fd00::/64'], true],
    ['fd01::5', ['10.1.2.0/24', 'fd00::/64'], false],
    ['10.1.2.3', [], false],
  ])('says of %s in %j: %s', (address, subnets, expected) => {
    expect(isInside(address, subnets)).toBe(expected);
  });
});

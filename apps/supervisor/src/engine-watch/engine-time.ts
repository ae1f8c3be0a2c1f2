/**
 * Whether one of the engine's times is later than another. They have up to nine digits after the point, without trailing
 * zeros: too many for a Date, and as texts out of order.
 */
export function isLater(a: string, b: string): boolean {
  const [aMs, bMs] = [Date.parse(a), Date.parse(b)];
  return aMs === bMs ? a.replace('Z', '') > b.replace('Z', '') : aMs > bMs;
}

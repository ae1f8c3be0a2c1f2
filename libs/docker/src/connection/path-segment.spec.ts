import { pathSegment } from './path-segment.js';

describe('pathSegment', () => {
  it.each([
    ['web', 'web'],
    ['shop_web-1.blue', 'shop_web-1.blue'],
    ['my network', 'my%20network'],
    ['web?force=1', 'web%3Fforce%3D1'],
    ['web#', 'web%23'],
    ['web%2f..', 'web%252f..'],
  ])('lets "%s" name nothing but itself', (reference, segment) => {
    expect(pathSegment(reference)).toBe(segment);
  });

  it.each(['', '.', '..', 'web/..', '../images', '/web'])('knows no container called "%s"', (reference) => {
    expect(() => pathSegment(reference)).toThrow(expect.objectContaining({ code: 'FORGE_DOCKER_NOT_FOUND' }));
  });
});

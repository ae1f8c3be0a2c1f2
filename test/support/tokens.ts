import { issueToken } from '@sentinel-forge/chassis';
import { allScopes, type Scope } from '@sentinel-forge/contracts';

/** The key that the services of a test verify tokens with. */
export const testSecret = 'a-secret-for-tests-of-32-characters';

/** A token for a test's services, with every scope unless told otherwise. */
export function testToken(scopes: readonly Scope[] = allScopes, ttlSeconds = 60): Promise<string> {
  return issueToken({
    secret: testSecret,
    issuer: 'sentinel-forge',
    audience: 'sentinel-forge',
    subject: 'tester',
    scopes,
    ttlSeconds,
  });
}

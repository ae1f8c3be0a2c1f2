export { type ReadOptions, RecordReader, type StoredEntry } from './record/record-reader.js';
export { recordDirectory } from './recording/record.keeper.js';
export { service } from './service.js';
export {
  type Finding,
  type Verification,
  type VerificationProgress,
  verificationExitCodes,
} from './verification/verification.js';
export { type VerifyOptions, verifyRecord } from './verification/verify-record.js';

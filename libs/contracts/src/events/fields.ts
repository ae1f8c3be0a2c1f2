import { IsString, Matches, type ValidationOptions } from 'class-validator';
import { limits } from '../limits.js';
import { MaxCharacters, MinCharacters } from '../validation/decorators.js';

/** Compose decorators; the order is the order of checks. */
function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (prototype, property) => {
    for (const decorator of decorators) {
      decorator(prototype, property);
    }
  };
}

/** A name of something: 1 to 255 characters. */
export function IsName(options?: ValidationOptions): PropertyDecorator {
  return all(IsString(options), MinCharacters(1, options), MaxCharacters(limits.nameLength, options));
}

/** A text of one line for people: at most 1,024 characters. */
export function IsSummary(options?: ValidationOptions): PropertyDecorator {
  return all(IsString(options), MaxCharacters(limits.summaryLength, options));
}

/** A longer text for people. */
export function IsText(options?: ValidationOptions): PropertyDecorator {
  return all(IsString(options), MaxCharacters(limits.stringLength, options));
}

/** One token of a NATS subject: no dots, spaces or wildcards. */
export function IsToken(options?: ValidationOptions): PropertyDecorator {
  return all(
    IsString(options),
    MaxCharacters(limits.subjectTokenLength, options),
    Matches(subjectTokenPattern, options),
  );
}

/** What a subject token may consist of. */
export const subjectTokenPattern = /^[A-Za-z0-9_-]+$/;

/** A W3C trace id: 32 lower-case hexadecimal digits. */
export function IsTraceId(options?: ValidationOptions): PropertyDecorator {
  return all(IsString(options), Matches(traceIdPattern, options));
}

/** The id of a mitigation, as `mitigationIdOf()` makes it. */
export function IsMitigationId(options?: ValidationOptions): PropertyDecorator {
  return all(IsString(options), Matches(/^m-[0-9a-f]{32}$/, options));
}

/** What a trace id looks like; all zeros is not one. */
export const traceIdPattern = /^(?!0{32}$)[0-9a-f]{32}$/;

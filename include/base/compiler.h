/* Attributes every prototype may use, spelled once. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#define ATTR_MUST_CHECK __attribute__((warn_unused_result))
#define ATTR_NONNULL __attribute__((nonnull))
#define ATTR_PURE __attribute__((pure))
#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif

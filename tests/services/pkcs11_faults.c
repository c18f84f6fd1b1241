/* A PKCS#11 module that hands everything on to another one and answers some calls itself, as a failing token would.
   INNER_MODULE names the other one. FAULT is one of: pin-locked, locked-flag, removed, flipped, short.
   Positions in the function list are those of PKCS#11 2.40, section 3.6; no header is needed for them. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long rv;
enum { INITIALIZE = 0, GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, LOGIN = 18, SIGN = 43, FUNCTIONS = 68 };
enum { FLAGS_AT = 96, PIN_LOCKED_FLAG = 0x40000, ALREADY_INITIALIZED = 0x191, PIN_LOCKED = 0xA4, REMOVED = 0x32 };

struct list { unsigned char version[8]; void *call[FUNCTIONS]; };
static struct list ours, *theirs;

static int fault(const char *name) { const char *set = getenv("FAULT"); return set && !strcmp(set, name); }

static rv initialize(void *arguments) {
  rv result = ((rv (*)(void *))theirs->call[INITIALIZE])(arguments);
  return result == ALREADY_INITIALIZED ? 0 : result;
}

static rv token_info(rv slot, unsigned char *info) {
  rv result = ((rv (*)(rv, unsigned char *))theirs->call[GET_TOKEN_INFO])(slot, info);
  if (!result && fault("locked-flag")) *(rv *)(info + FLAGS_AT) |= PIN_LOCKED_FLAG;
  return result;
}

static rv login(rv session, rv who, unsigned char *pin, rv length) {
  if (fault("pin-locked")) return PIN_LOCKED;
  return ((rv (*)(rv, rv, unsigned char *, rv))theirs->call[LOGIN])(session, who, pin, length);
}

static rv sign(rv session, unsigned char *data, rv length, unsigned char *signature, rv *size) {
  rv result;
  if (fault("removed")) return REMOVED;
  result = ((rv (*)(rv, unsigned char *, rv, unsigned char *, rv *))theirs->call[SIGN])(session, data, length, signature,
                                                                                       size);
  if (!result && signature && fault("flipped")) signature[*size - 1] ^= 1;
  if (!result && signature && fault("short")) *size -= 1;
  return result;
}

rv C_GetFunctionList(struct list **answer) {
  void *inner = dlopen(getenv("INNER_MODULE"), RTLD_NOW);
  rv (*get)(struct list **) = inner ? (rv (*)(struct list **))dlsym(inner, "C_GetFunctionList") : 0;
  if (!get || get(&theirs)) return 5;
  ours = *theirs;
  ours.call[INITIALIZE] = (void *)initialize;
  ours.call[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
  ours.call[GET_TOKEN_INFO] = (void *)token_info;
  ours.call[LOGIN] = (void *)login;
  ours.call[SIGN] = (void *)sign;
  *answer = &ours;
  return 0;
}

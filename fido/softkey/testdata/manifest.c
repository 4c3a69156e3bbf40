/*
 * ssh takes no device path when it signs: it asks libfido2 which keys are attached, and a pseudo-terminal is not
 * among them. Preloaded, this answers with the one path in SOFTKEY_PATH. Everything else stays libfido2's own.
 */
#include <fido.h>
#include <stdlib.h>

static void *no_open(const char *path) { (void)path; return NULL; }
static void no_close(void *handle) { (void)handle; }
static int no_read(void *h, unsigned char *b, size_t n, int ms) { (void)h; (void)b; (void)n; (void)ms; return -1; }
static int no_write(void *h, const unsigned char *b, size_t n) { (void)h; (void)b; (void)n; return -1; }

int fido_dev_info_manifest(fido_dev_info_t *list, size_t room, size_t *found)
{
	/* fido_dev_info_set wants functions; the path alone is used. */
	static const fido_dev_io_t io = { no_open, no_close, no_read, no_write };
	const char *path = getenv("SOFTKEY_PATH");

	*found = 0;
	if (path == NULL || room == 0)
		return FIDO_OK;
	*found = 1;
	return fido_dev_info_set(list, 0, path, "keyrollout", "Software key", &io, NULL);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of the functions of this process: the executable's from its symbol
 * table, which has the local ones too, a library's from the dynamic linker.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile.h"

struct symbol {
	uintptr_t from;
	const char *name;
};

struct symbols {
	char path[4096];
	uint8_t *image;
	size_t bytes;
	uintptr_t low, high; /* of the executable's own functions */
	struct symbol *list; /* by address */
	size_t n;
};

static int
by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return ((x->from > y->from) - (x->from < y->from));
}

/* The executable comes first. */
static int
first_base(struct dl_phdr_info *info, size_t size, void *base)
{
	*(uintptr_t *)base = info->dlpi_addr;
	return (1);
}

/* Is [offset, offset + bytes) in the file? */
static bool
inside(const struct symbols *s, uint64_t offset, uint64_t bytes)
{
	return (offset <= s->bytes && bytes <= s->bytes - offset);
}

static void
read_table(struct symbols *s, const Elf64_Shdr *table, const Elf64_Shdr *texts)
{
	const Elf64_Sym *sym;
	uintptr_t base = 0;
	size_t i, n;

	if (!inside(s, table->sh_offset, table->sh_size) ||
	    !inside(s, texts->sh_offset, texts->sh_size) ||
	    texts->sh_size == 0 ||
	    s->image[texts->sh_offset + texts->sh_size - 1] != '\0')
		return;
	(void)dl_iterate_phdr(first_base, &base);
	n = table->sh_size / sizeof(*sym);
	sym = (const Elf64_Sym *)(const void *)(s->image + table->sh_offset);
	s->list = calloc(n, sizeof(*s->list));
	if (s->list == NULL)
		return;
	for (i = 0; i < n; i++) {
		unsigned type = ELF64_ST_TYPE(sym[i].st_info);

		/* Assembler's functions may have no type. */
		if ((type != STT_FUNC && type != STT_NOTYPE) ||
		    sym[i].st_shndx == SHN_UNDEF ||
		    sym[i].st_name >= texts->sh_size || sym[i].st_value == 0)
			continue;
		s->list[s->n].from = base + sym[i].st_value;
		s->list[s->n].name =
		    (const char *)s->image + texts->sh_offset + sym[i].st_name;
		if (s->list[s->n].name[0] != '\0')
			s->n++;
	}
	qsort(s->list, s->n, sizeof(*s->list), by_address);
}

struct symbols *
symbols_open(void)
{
	extern const char __executable_start[], etext[];
	struct symbols *s = calloc(1, sizeof(*s));
	const Elf64_Ehdr *head;
	const Elf64_Shdr *section;
	struct stat st;
	ssize_t n;
	unsigned i;
	int fd;

	if (s == NULL)
		return (NULL);
	s->low = (uintptr_t)__executable_start;
	s->high = (uintptr_t)etext;
	n = readlink("/proc/self/exe", s->path, sizeof(s->path) - 1);
	s->path[n < 0 ? 0 : n] = '\0';
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return (s);
	if (fstat(fd, &st) == 0 && (size_t)st.st_size >= sizeof(*head)) {
		s->bytes = (size_t)st.st_size;
		s->image = mmap(NULL, s->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
		if (s->image == MAP_FAILED)
			s->image = NULL;
	}
	close(fd);
	if (s->image == NULL)
		return (s);
	head = (const Elf64_Ehdr *)(const void *)s->image;
	if (!inside(s, head->e_shoff, head->e_shnum * sizeof(*section)))
		return (s);
	section = (const Elf64_Shdr *)(const void *)(s->image + head->e_shoff);
	for (i = 0; i < head->e_shnum; i++) {
		if (section[i].sh_type == SHT_SYMTAB &&
		    section[i].sh_link < head->e_shnum)
			read_table(
			    s, &section[i], &section[section[i].sh_link]);
	}
	return (s);
}

void
symbols_close(struct symbols *s)
{
	if (s == NULL)
		return;
	if (s->image != NULL)
		munmap(s->image, s->bytes);
	free(s->list);
	free(s);
}

const char *
symbols_path(const struct symbols *s)
{
	return (s == NULL ? "" : s->path);
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (slash == NULL ? path : slash + 1);
}

void
symbols_print(const struct symbols *s, FILE *out, uintptr_t pc)
{
	size_t low = 0, high, middle;
	Dl_info info;

	if (s != NULL && pc >= s->low && pc < s->high && s->n > 0) {
		high = s->n;
		while (high - low > 1) {
			middle = (low + high) / 2;
			if (s->list[middle].from <= pc)
				low = middle;
			else
				high = middle;
		}
		if (s->list[low].from <= pc) {
			fprintf(out, "%s`%s+0x%lx\n", last_part(s->path),
			    s->list[low].name,
			    (unsigned long)(pc - s->list[low].from));
			return;
		}
	}
	if (dladdr((const void *)pc, &info) != 0 && info.dli_sname != NULL &&
	    info.dli_fname != NULL)
		fprintf(out, "%s`%s+0x%lx\n", last_part(info.dli_fname),
		    info.dli_sname,
		    (unsigned long)(pc - (uintptr_t)info.dli_saddr));
	else
		fprintf(out, "0x%lx\n", (unsigned long)pc);
}

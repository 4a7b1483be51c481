/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Modules.
 */
#ifndef KPI_SYS_MODULE_H
#define KPI_SYS_MODULE_H

#include <sys/kernel.h>
#include <sys/linker_set.h>
#include <sys/types.h>
#include <kpi/kpi.h>

typedef enum modeventtype {
	MOD_LOAD,
	MOD_UNLOAD,
	MOD_SHUTDOWN,
	MOD_QUIESCE
} modeventtype_t;
typedef struct module *module_t;
typedef struct linker_file *linker_file_t;
typedef int (*modeventhand_t)(module_t, int, void *);
typedef struct moduledata {
	const char *name;
	modeventhand_t evhand;
	void *priv;
} moduledata_t;

#define MDT_DEPEND  1
#define MDT_MODULE  2
#define MDT_VERSION 3
struct mod_metadata {
	int md_version;
	int md_type;
	const void *md_data;
	const char *md_cval;
};
struct mod_depend {
	int md_ver_minimum;
	int md_ver_preferred;
	int md_ver_maximum;
};
struct mod_version {
	int mv_version;
};

#define KPI_METADATA(name, type, data, text)                                 \
	static const struct mod_metadata name = {1, (type), (data), (text)}; \
	DATA_SET(modmetadata_set, name)

void module_register_init(const void *) KPI_NAME(module_register_init);
#define DECLARE_MODULE(name, data, sub, order)                           \
	KPI_METADATA(_mod_metadata_md_##name, MDT_MODULE, &data, #name); \
	SYSINIT(name##module, sub, order, module_register_init, &data)
#define MODULE_VERSION(name, version)                                    \
	static const struct mod_version _##name##_version = {(version)}; \
	KPI_METADATA(_##name##_vmeta, MDT_VERSION, &_##name##_version, #name)
#define MODULE_DEPEND(name, on, low, best, high)                 \
	static const struct mod_depend _##name##_depend_##on = { \
	    (low), (best), (high)};                              \
	KPI_METADATA(                                            \
	    _##name##_dmeta_##on, MDT_DEPEND, &_##name##_depend_##on, #on)

linker_file_t module_file(module_t) KPI_NAME(module_file);
const char *module_getname(module_t) KPI_NAME(module_getname);

#endif /* KPI_SYS_MODULE_H */

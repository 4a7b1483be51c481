{
  "variables": {
    # Given by who builds: node-gyp configure -- -Dmirage_library=PATH
    "mirage_library%": "<(module_root_dir)/../../build/nofloat/libmirage.a"
  },
  "targets": [
    {
      "target_name": "mirage",
      "sources": [
        "addon.c",
        "run.c",
        "../memory/memory_platform.c",
        "../memory/memory_probes.c"
      ],
      "include_dirs": [
        "<!(node -p \"require('node-api-headers').include_dir\")",
        "../include",
        "..",
        "../engine",
        "../memory"
      ],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-std=gnu11", "-O2", "-g", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter"],
      "ldflags": ["-shared", "-Wl,-z,noexecstack"],
      "libraries": ["<(mirage_library)"]
    }
  ]
}

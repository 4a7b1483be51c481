{
  "variables": {
    # Given by who builds: node-gyp configure -- -Dkpi_library=PATH
    "kpi_library%": "<(module_root_dir)/../../../build/kpi/nofloat/libkpi.a"
  },
  "targets": [
    {
      "target_name": "kpi",
      "sources": ["addon.c"],
      "include_dirs": ["<!(node -p \"require('node-api-headers').include_dir\")", "../src"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-std=gnu11", "-O2", "-g", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter"],
      "ldflags": ["-shared", "-Wl,-z,noexecstack", "-Wl,--whole-archive,<(kpi_library),--no-whole-archive"],
      "libraries": ["-lpthread", "-ldl"]
    }
  ]
}

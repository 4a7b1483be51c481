# What node-gyp wants to find beside Node's headers.  The addon uses Node-API
# only, whose headers come from the package node-api-headers, so that nothing
# is downloaded.
{
  'variables': {
    'configuring_node%': 0,
  },
  'target_defaults': {
    'default_configuration': 'Release',
    'configurations': {
      'Release': {},
      'Debug': {},
    },
  },
}

/** The test's own host: network namespaces, as the measuring tools have them. */
export { NetworkNamespace, whyNoTap } from "../../tools/namespace.ts";

/** otel-vitals is loaded by Node as it is installed, and not bundled. */
export default { serverExternalPackages: ["otel-vitals"] };

export { createApp, type AppOptions } from "./app.ts";
export { createMetricsApp } from "./metrics-app.ts";
export { listen, type Listener, type ListenOptions } from "./listen.ts";

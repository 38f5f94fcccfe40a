/**
 * The memory of the C library as in the image and the systemd unit: one arena, and free memory above 128 KiB goes back to the system. By
 * default that threshold grows with what is freed.
 */
export const C_LIBRARY = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "131072" } as const;

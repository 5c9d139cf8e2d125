// Starts the viewer on the description that lies beside the page: /docs shows /openapi.json, /api/docs shows
// /api/openapi.json. Everything that would reach another host is off.
window.Scalar.createApiReference("#reference", {
  url: new URL("../openapi.json", document.currentScript.src).href,
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: "",
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  persistAuth: false,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
});

// Runs in the browser, as a file of its own: the page's Content-Security-Policy allows no inline script.
window.addEventListener('load', () => {
  window.SwaggerUIBundle({
    url: new URL('openapi.json', document.baseURI).href,
    dom_id: '#swagger-ui',
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    // Neither the token nor the document goes anywhere else.
    persistAuthorization: false,
    validatorUrl: null,
  });
});

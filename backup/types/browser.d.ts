/** Names of a browser's types that age-encryption and aws4fetch mention, and Node.js's own types lack. */
type HeadersInit = ConstructorParameters<typeof Headers>[0];
type BodyInit = NonNullable<RequestInit['body']>;
/** A type of WebAuthn, which is not used here. */
type AuthenticationExtensionsPRFValues = Readonly<Record<'first' | 'second', ArrayBuffer>>;

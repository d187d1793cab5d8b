// What `mqtt-browser.test.mjs` runs in a page: AWS's IoT device SDK, its build for browsers.
import { auth, iot, mqtt5 } from "aws-iot-device-sdk-v2";

/** Connects as a guest, subscribes, and keeps what comes. */
async function follow({ endpoint, region, credentials, clientId, filters }) {
  // The SDK has no provider for credentials that are at hand; this is how its documentation has one made.
  class Given extends auth.CredentialsProvider {
    getCredentials() {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      return { aws_region: region, aws_access_id: accessKeyId, aws_secret_key: secretAccessKey, aws_sts_token: sessionToken };
    }
    async refreshCredentials() {}
  }
  const builder = iot.AwsIotMqtt5ClientConfigBuilder.newWebsocketMqttBuilderWithSigv4Auth(endpoint, {
    credentialsProvider: new Given(),
    region,
  });
  builder.withConnectProperties({ clientId, keepAliveIntervalSeconds: 30 });
  const client = new mqtt5.Mqtt5Client(builder.build());
  const messages = [];
  client.on("messageReceived", ({ message }) => {
    messages.push({ topic: message.topicName, ...JSON.parse(new TextDecoder().decode(message.payload)) });
  });
  const connected = new Promise((resolve, reject) => {
    client.once("connectionSuccess", resolve);
    client.once("connectionFailure", ({ error }) => reject(error));
  });
  client.start();
  await connected;
  const subscriptions = filters.map((topicFilter) => ({ topicFilter, qos: mqtt5.QoS.AtLeastOnce }));
  const { reasonCodes } = await client.subscribe({ subscriptions });
  window.followed = { client, messages };
  return reasonCodes;
}

window.follow = follow;

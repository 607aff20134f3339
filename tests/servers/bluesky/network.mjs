// Bluesky's own development network (PLC, PDS, AppView, Ozone) on the loopback address, until stdin closes.
// It prints one line of JSON when it is up: where the PDS and the AppView live.
import dns from 'node:dns'
import net from 'node:net'

// The network's servers listen on all interfaces, and offer no setting for it.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...others) {
  if (typeof first === 'number') {
    const callback = others.find((one) => typeof one === 'function')
    return listen.call(this, { port: first, host: '127.0.0.1' }, ...(callback ? [callback] : []))
  }
  if (first && typeof first === 'object' && first.port !== undefined) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...others)
  }
  return listen.call(this, first, ...others)
}
dns.setDefaultResultOrder('ipv4first')

const { TestNetwork } = await import('@atproto/dev-env')
const network = await TestNetwork.create({ pds: { hostname: 'localhost' } })

const stop = async () => {
  await network.close().catch(() => undefined)
  process.exit(0)
}
process.on('SIGTERM', stop)
process.stdin.on('end', stop)
process.stdin.resume()

const at = (server) => `http://127.0.0.1:${server.port}`
console.log(JSON.stringify({ home: at(network.pds), app_view: at(network.bsky) }))

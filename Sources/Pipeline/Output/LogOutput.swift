/// Where the event log goes. Lines arrive in their final order.
package protocol LogOutput: AnyObject {
  func write(_ bytes: [UInt8]) throws
  func finish() throws
}

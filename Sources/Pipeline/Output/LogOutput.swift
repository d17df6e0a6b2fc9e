/// Where the event log goes. Lines arrive in their final order.
package protocol LogOutput: AnyObject {
  /// Whole lines.
  func write(_ lines: Span<UInt8>) throws
  func finish() throws
}

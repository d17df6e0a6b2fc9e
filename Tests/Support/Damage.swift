import Capture

extension PacketSource {
  /// Of a source of one file, without its name, so that readings of copies are the same.
  public var damage: CaptureDamage? {
    damages.first.map { CaptureDamage(file: "", byteOffset: $0.byteOffset, reason: $0.reason) }
  }
}

extension CaptureDamage {
  /// Without the name of a file.
  public init(byteOffset: UInt64, reason: String) {
    self.init(file: "", byteOffset: byteOffset, reason: reason)
  }
}

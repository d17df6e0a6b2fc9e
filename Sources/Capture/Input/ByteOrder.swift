/// The order of the bytes in a file's integers, as a type, so that loops are compiled for each.
protocol ByteOrder {
  static func native<Value: FixedWidthInteger>(_ stored: Value) -> Value
}

enum LittleEndian: ByteOrder {
  @inline(__always)
  static func native<Value: FixedWidthInteger>(_ stored: Value) -> Value {
    Value(littleEndian: stored)
  }
}

enum BigEndian: ByteOrder {
  @inline(__always)
  static func native<Value: FixedWidthInteger>(_ stored: Value) -> Value {
    Value(bigEndian: stored)
  }
}

extension ByteOrder {
  /// The address must hold the value; it need not be aligned.
  @inline(__always)
  static func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ address: UnsafeRawPointer, _ offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    unsafe native(address.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}

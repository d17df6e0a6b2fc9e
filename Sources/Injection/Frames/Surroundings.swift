import Sockets
import Wire

/// The headers of a frame that speak of what is in them, and how far they say that it goes.
struct Surroundings {
  /// From the outermost on.
  let layers: [LayerPlace]
  /// Of each layer where it ends; where it does not say, at the end of what is around it. What the
  /// capture cut off counts.
  let ends: [Int]
  /// Where the outermost IP packet ends; what follows belongs to the link.
  let end: Int

  init(_ layers: [LayerPlace], in frame: RawSpan) {
    self.layers = layers
    var end = Int.max
    ends = layers.map { layer in
      end = min(end, frame.end(of: layer) ?? end)
      return min(end, max(frame.byteCount, frame.end(of: layer) ?? 0))
    }
    self.end = zip(layers, ends).first { $0.0.isIP }?.1 ?? 0
  }

  /// How much text finds room in a packet, by the 16 bits that each header has for its length.
  func room(behind packet: CapturedPacket) -> Int {
    let textStart = Int(packet.transportOffset) + Int(packet.headerLength)
    let rest = max(end - textStart - Int(packet.captured), 0)
    return max(0xFFFF - (textStart - (layers.first?.offset ?? 0)) - rest, 1)
  }
}

extension LayerPlace {
  var isIP: Bool { kind == .ipv4 || kind == .ipv6 }
}

extension RawSpan {
  /// Where a header says that it ends, with all that is in it; `nil` where it does not.
  fileprivate func end(of layer: LayerPlace) -> Int? {
    let field: UInt16
    let start: Int
    switch layer.kind {
    case .ipv4: (field, start) = (load(bigEndianAt: layer.offset + 2), layer.offset)
    case .ipv6: (field, start) = (load(bigEndianAt: layer.offset + 4), layer.offset + 40)
    case .udp: (field, start) = (load(bigEndianAt: layer.offset + 4), layer.offset)
    case .length, .checksummedGRE: return nil
    }
    return field == 0 ? nil : start + Int(field)
  }
}

public import Buffers
public import Wire

/// Finds the headers of a frame that speak of the length of what is in them.
public final class LayerFinder {
  private let dissector: Dissector
  private let recorder = LayerRecorder()

  public init(_ configuration: ReassemblyConfiguration) {
    dissector = Dissector(configuration, recorder: recorder)
  }

  /// From the outermost on.
  public func layers(of frame: Frame) -> [LayerPlace] {
    recorder.places.removeAll(keepingCapacity: true)
    var dissection = Dissection()
    dissection.frameLength = frame.originalLength
    dissector.dissect(frame.bytes, linkType: frame.linkType, &dissection)
    return recorder.places
  }
}

/// Keeps what a dissector comes by.
final class LayerRecorder: @unchecked Sendable {
  // Unchecked: its finder is the only one to use it, and its dissector.
  var places: [LayerPlace] = []
}

extension Dissector {
  @inline(never)
  func record(_ kind: LayerPlace.Kind, at offset: Int) {
    recorder?.places.append(LayerPlace(kind, at: offset))
  }

  /// Forgets what turned out not to be there.
  func forget(from count: Int?) {
    guard let count, let recorder else { return }
    recorder.places.removeLast(recorder.places.count - count)
  }
}
